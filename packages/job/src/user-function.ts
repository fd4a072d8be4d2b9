// Functions of users, of whatever shape.

// biome-ignore lint/suspicious/noExplicitAny: user functions of any shape, found by their index.
export type AnyFunction = (...args: any[]) => any;
