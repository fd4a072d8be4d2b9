// What the command and the executor of a bundle begin with: takes the program's code compiled from V8's code cache, which lies
// beside the bundle, where that can be written. The first process of a kind makes it. Compiling was half of what an
// executor took to start, and a small job starts six processes.
// An entry is of one Node, one set of its flags and one bundle; V8 refuses what is not its own, and is then given the text.
// Processes of different kinds use different parts of the code, and have each their own entry.

const { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

/** More kinds than anybody runs: other heap flags and Nodes make entries of their own. */
const entriesMax = 40;
const hashBytes = 20;
const kinds = ['run', 'submit', 'coordinator', 'worker'];

/** Runs `NAME.code.cjs` beside `file`, which is `NAME.cjs`; `build` is the hash of its text. */
module.exports = function launch(file, build) {
  const code = file.replace(/\.cjs$/, '.code.cjs');
  const asked = kinds.includes(process.argv[2]) ? process.argv[2] : 'other';
  const cache = join(dirname(file), '.code-cache');
  const entry = join(
    cache,
    createHash('sha1')
      .update([code, build, process.version, process.arch, asked, ...process.execArgv].join('\0'))
      .digest('hex'),
  );
  const cachedData = read(entry);
  // A function on the first line, so that places in stacks stay those of the file.
  const script = new Script(`(function (require, sheafModuleUrl, sheafImport, sheafKeepCode) {${readFileSync(code, 'latin1')}\n})`, {
    filename: code,
    ...(cachedData === null ? {} : { cachedData }),
  });
  const isNew = cachedData === null || script.cachedDataRejected === true;
  const keep = isNew ? () => write(cache, entry, script) : () => {};
  script.runInThisContext()(require, pathToFileURL(file).href, load, keep);
  // At its end a process has compiled all that its kind needs. An executor is killed, and says itself when it has done some work.
  if (process.send === undefined) process.once('exit', keep);
};

/** Packages by `require` where they have that door: Node's loader of modules takes longer to get ready than they do. */
async function load(specifier) {
  if (/^(node:|[@a-z][^:]*$)/.test(specifier)) {
    try {
      return require(specifier);
    } catch (error) {
      if (error.code !== 'ERR_REQUIRE_ESM' && error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    }
  }
  return import(specifier);
}

/** V8 looks at the head of what it is given, and trusts the rest. */
function read(entry) {
  try {
    const bytes = readFileSync(entry);
    const data = bytes.subarray(hashBytes);
    return hashOf(data).equals(bytes.subarray(0, hashBytes)) ? data : null;
  } catch {
    return null;
  }
}

function hashOf(data) {
  return createHash('sha1').update(data).digest();
}

/** A folder that cannot be written costs time, nothing else. */
function write(cache, entry, script) {
  const whole = `${entry}.${process.pid}`;
  try {
    mkdirSync(cache, { recursive: true });
    if (readdirSync(cache).length >= entriesMax) return;
    const data = script.createCachedData();
    try {
      writeFileSync(whole, Buffer.concat([hashOf(data), data]));
      renameSync(whole, entry);
    } catch {
      rmSync(whole, { force: true });
    }
  } catch {
    return;
  }
}
