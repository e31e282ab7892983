/** Types that the contract files (JSON, shared with the Python tests) do not say by themselves. */

/** The union of a contract's messages, told apart by `kind`. */
export type Messages<Examples> = {
  [Kind in keyof Examples]: Omit<Examples[Kind], "kind"> & { kind: Kind };
}[keyof Examples];

/** What one widget and its kernel side share. */
export interface Contract {
  traits: Record<string, unknown>;
  toKernel: { kind: PropertyKey };
  toPage: { kind: PropertyKey };
}
