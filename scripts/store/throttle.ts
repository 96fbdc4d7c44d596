/** Holds back a client's requests, and hears how the store takes them. */
export type Throttle = {
  /** To be awaited before a request, or a chunk of a body, with so many bytes goes out; undefined: at once. */
  admit(requests: number, bytes: number): Promise<void> | undefined;
  /** The store answered. */
  succeeded(): void;
  /** The store said that it is too much (503, 429), or said nothing within the deadline. */
  congested(): void;
};
