export type { Applied, Book, BookSide } from './book.ts';
export { type AnyBookError, BookError, type BookErrorCode, isBookError } from './book-error.ts';
export { createBook } from './exact-book.ts';
export type { BookSnapshot, Level, StaleReason, TopOfBook } from './top-of-book.ts';
