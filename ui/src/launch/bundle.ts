import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { createTar } from "nanotar";
import type { WorkFile } from "./draft.ts";
import { scriptOf } from "./notebook.ts";

/** A script up to this size travels in the request; a larger one, and more than one file, as an archive. */
export const MOST_SOURCE_BYTES = 262_144;

/** Work made ready to send: a script's text, or an archive with the script inside it. */
export type Work =
  | { kind: "source"; source: string }
  | { kind: "archive"; archive: Uint8Array<ArrayBuffer>; sha256: string; entrypoint: string };

/** What stands in the way of work being sent. */
export class WorkRefused extends Error {
  readonly reason: "nothing" | "notText" | "notNotebook";

  constructor(reason: "nothing" | "notText" | "notNotebook") {
    super(reason);
    this.reason = reason;
  }
}

/**
 * The files as the API takes them. A notebook is sent as the script that it amounts to.
 *
 * @throws WorkRefused where there is no script, or what is called one is none.
 */
export async function workOf(files: readonly WorkFile[], entrypoint: string | null): Promise<Work> {
  const main = files.find((file) => file.path === entrypoint);
  if (main === undefined) throw new WorkRefused("nothing");
  const script = await scriptText(main);
  const bytes = new TextEncoder().encode(script);
  if (files.length === 1 && bytes.length <= MOST_SOURCE_BYTES) return { kind: "source", source: script };
  const name = main.path.replace(/\.ipynb$/i, ".py");
  const others = files.filter((file) => file !== main && file.path !== name);
  const contents = await Promise.all(
    others.map(async (file) => ({ name: file.path, data: new Uint8Array(await file.content.arrayBuffer()) })),
  );
  const archive = await packed([...contents, { name, data: bytes }]);
  return { kind: "archive", archive, sha256: bytesToHex(sha256(archive)), entrypoint: name };
}

/** A script's text, a notebook's made into one. */
export async function scriptText(file: WorkFile): Promise<string> {
  const text = await readText(file);
  if (!/\.ipynb$/i.test(file.path)) return text;
  try {
    return scriptOf(text).source;
  } catch (problem) {
    if (problem instanceof SyntaxError) throw new WorkRefused("notNotebook");
    throw problem;
  }
}

/** A file's content as text in UTF-8, as scripts and notebooks are. */
export async function readText(file: WorkFile): Promise<string> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.content.arrayBuffer());
    if (text.includes("\0")) throw new WorkRefused("notText");
    return text;
  } catch (problem) {
    if (problem instanceof TypeError) throw new WorkRefused("notText");
    throw problem;
  }
}

/** A tar.gz of the files: the same bytes for the same files, so that they are stored once. */
async function packed(files: readonly { name: string; data: Uint8Array }[]): Promise<Uint8Array<ArrayBuffer>> {
  const inOrder = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const tar = createTar(inOrder, { attrs: { mtime: 0, uid: 0, gid: 0, mode: "644" } });
  const squeezed = new Blob([tar as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(squeezed).arrayBuffer());
}
