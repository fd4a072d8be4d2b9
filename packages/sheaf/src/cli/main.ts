// The command line's first file.
console.log('hello');

export {};
