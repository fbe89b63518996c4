/**
 * What a product id looks like: `BTC-USD`, `00-USD`, `BTC-PERP-INTX`, `BIT-28NOV26-CDE`. Two to four parts of
 * capital letters and digits, so that an id is also safe as a metric label or a part of a subject.
 */
export const PRODUCT_ID: RegExp = /^[A-Z0-9]{1,20}(?:-[A-Z0-9]{1,20}){1,3}$/;

/** Whether a text can be a product id. The exchange silently leaves out ids that it does not know. */
export function isProductId(text: string): boolean {
  return PRODUCT_ID.test(text);
}
