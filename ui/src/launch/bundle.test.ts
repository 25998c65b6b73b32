// @vitest-environment node
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { parseTar } from "nanotar";
import { describe, expect, test } from "vitest";
import { MOST_SOURCE_BYTES, workOf } from "./bundle.ts";
import { scriptOf } from "./notebook.ts";

const file = (path: string, content: string | Uint8Array<ArrayBuffer>) => ({ path, content: new Blob([content]) });
const archived = async (files: Parameters<typeof workOf>[0], entrypoint: string) => {
  const work = await workOf(files, entrypoint);
  if (work.kind !== "archive") throw new Error("It was not packed.");
  return work;
};

describe("work made ready to send", () => {
  test("is the text of one small script", async () => {
    expect(await workOf([file("a.py", "print('ü')")], "a.py")).toEqual({ kind: "source", source: "print('ü')" });
  });

  test("is an archive of several files, under the digest of its bytes", async () => {
    const work = await archived([file("b.csv", "1,2\n"), file("a.py", "print(1)")], "a.py");
    expect(work.entrypoint).toBe("a.py");
    expect(work.sha256).toBe(createHash("sha256").update(work.archive).digest("hex"));
    const inside = parseTar(new Uint8Array(gunzipSync(work.archive))).map((entry) => [entry.name, entry.text]);
    expect(inside).toEqual([
      ["a.py", "print(1)"],
      ["b.csv", "1,2\n"],
    ]);
  });

  test("is the same archive for the same files, however they were chosen", async () => {
    const [one, other] = [file("a.py", "1"), file("z.txt", "2")];
    expect((await archived([one, other], "a.py")).sha256).toBe((await archived([other, one], "a.py")).sha256);
  });

  test("is an archive where the script is large", async () => {
    const work = await archived([file("a.py", "#".repeat(MOST_SOURCE_BYTES + 1))], "a.py");
    expect(work.entrypoint).toBe("a.py");
  });

  test("is refused where there is no script, or no text in it", async () => {
    await expect(workOf([file("a.csv", "")], null)).rejects.toMatchObject({ reason: "nothing" });
    await expect(workOf([file("a.py", new Uint8Array([0xff, 0xfe]))], "a.py")).rejects.toMatchObject({
      reason: "notText",
    });
    await expect(workOf([file("a.py", "\0")], "a.py")).rejects.toMatchObject({ reason: "notText" });
    await expect(workOf([file("a.ipynb", "{}")], "a.ipynb")).rejects.toMatchObject({ reason: "notNotebook" });
  });
});

test("a notebook runs as its code, without what only a notebook understands", () => {
  const notebook = JSON.stringify({
    cells: [
      { cell_type: "markdown", source: ["# Title"] },
      { cell_type: "code", source: ["%matplotlib inline\n", "import os\n", "if os:\n", "    !ls\n"] },
      { cell_type: "code", source: "print(2)" },
    ],
  });
  const { source, leftOut } = scriptOf(notebook);
  expect(leftOut).toEqual(["%matplotlib inline", "!ls"]);
  expect(source).toBe(
    "# %% cell 2\n# %matplotlib inline\nimport os\nif os:\n    pass  # !ls\n\n\n# %% cell 3\nprint(2)\n",
  );
});
