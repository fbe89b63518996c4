/** The version of the shapes in this package; replaced by its first real export. */
export const PLACEHOLDER = 0;
