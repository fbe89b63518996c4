/**
 * The syntax of product ids: `BTC-USD`, `00-USD`, `BTC-PERP-INTX`, `BIT-28NOV26-CDE`. Two to four parts of capital
 * letters and digits, so an id is also safe as a metric label or in a subject.
 */
export const PRODUCT_ID: RegExp = /^[A-Z0-9]{1,20}(?:-[A-Z0-9]{1,20}){1,3}$/;

/** Whether a text is a possible product id. The exchange silently omits unknown ones. */
export function isProductId(text: string): boolean {
  return PRODUCT_ID.test(text);
}
