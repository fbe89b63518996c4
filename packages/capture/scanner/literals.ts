// The constant text around the values of a level: see `tools/scanners/compile.ts`. How deep a level is nested and how it
// goes on is not for these to say.

export const OFTEN: Readonly<Record<string, string>> = {
  Bid: '{"side":"bid","event_time":"',
  Offer: '{"side":"offer","event_time":"',
  PriceLevel: '","price_level":"',
  NewQuantity: '","new_quantity":"',
};
