export { CaptureError, isCaptureError } from '../capture-error.ts';
