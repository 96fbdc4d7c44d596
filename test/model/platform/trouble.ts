/** The share of requests whose connection breaks; of the ledger's statements a quarter of that. */
export const trouble = { share: 0 };
