export type { Applied, Book, BookSide } from './book.ts';
export { BookError, type BookErrorCode } from './book-error.ts';
export { createBook } from './exact-book.ts';
export type { BookSnapshot, Level, StaleReason, TopOfBook } from './top-of-book.ts';
