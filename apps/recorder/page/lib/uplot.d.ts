// The server answers /uplot.js with the library's own module; this is how the types find it.
export { default } from 'uplot';
