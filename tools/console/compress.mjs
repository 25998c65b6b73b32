// Puts a gzip and a brotli form beside each text file of a build, so that no request pays for it.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const TEXT = /\.(css|html|js|json|map|svg|txt|wasm|webmanifest)$/;
const SMALLEST_BYTES = 256;

async function compress(path) {
  const content = await readFile(path);
  if (content.length < SMALLEST_BYTES) return;
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(content, { level: 9 }),
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  ]);
  await Promise.all([
    ...(zipped.length < content.length ? [writeFile(`${path}.gz`, zipped)] : []),
    ...(brotli.length < content.length ? [writeFile(`${path}.br`, brotli)] : []),
  ]);
}

const entries = await readdir(process.argv[2], { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile() && TEXT.test(entry.name));
await Promise.all(files.map((entry) => compress(join(entry.parentPath, entry.name))));
