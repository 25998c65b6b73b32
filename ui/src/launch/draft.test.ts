import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Wire } from "../api/client.ts";
import { changeDraft, emptyDraft, type Draft, type DraftAction, type WorkFile } from "./draft.ts";
import { readKept } from "./keep.ts";
import { environmentOf, flawsOf, jobRequestOf, mibOf, quoteRequestOf, resourcesOf } from "./request.ts";

const file = (path: string): WorkFile => ({ path, content: new Blob(["print(1)"]) });
const ANALYSIS: Wire["Analysis"] = {
  language: "python",
  frameworks: ["torch"],
  packages: ["torch"],
  needsGpu: true,
  vramMib: 9000,
  findings: [],
  suggestedRequirements: ["torch==2.9", "numpy"],
};
const after = (...actions: DraftAction[]): Draft => actions.reduce(changeDraft, emptyDraft("key"));

describe("files", () => {
  test("bring the script to run, and the job's name", () => {
    const draft = after({ type: "filesChosen", files: [file("data.csv"), file("train.py"), file("main.py")] });
    expect([draft.entrypoint, draft.name]).toEqual(["main.py", "main.py"]);
  });

  test("that are others take what was found about the former away, and leave what was entered", () => {
    const draft = after(
      { type: "filesChosen", files: [file("one.py")] },
      { type: "analysed", analysis: ANALYSIS },
      { type: "filled", fields: { name: "my training" } },
      { type: "filesChosen", files: [file("two.py")] },
    );
    expect([draft.analysis, draft.entrypoint, draft.name]).toEqual([null, "two.py", "my training"]);
  });

  test("without a script have nothing to run", () => {
    expect(after({ type: "filesChosen", files: [file("data.csv")] }).entrypoint).toBeNull();
  });
});

test("the analysis fills the requirements in", () => {
  const draft = after({ type: "filesChosen", files: [file("one.py")] }, { type: "analysed", analysis: ANALYSIS });
  expect([draft.needs.gpuCount, draft.needs.minVramGib, draft.requirements]).toEqual(["1", "9", "torch==2.9\nnumpy"]);
});

test("a fix of the platform's is what is asked for from then on", () => {
  const draft = after({ type: "filesChosen", files: [file("one.py")] });
  const resources = { ...resourcesOf(draft), minVramMib: 20_480, providers: ["north"], locations: ["eu"] };
  const fixed = changeDraft(draft, { type: "fixed", resources, maxPrice: 700 });
  expect(resourcesOf(fixed)).toEqual(resources);
  expect(quoteRequestOf(fixed).maxPrice).toBe(700);
});

test("whatever is entered, in whatever order, the job's key stays, and there is always a request", () => {
  const fields = fc.record(
    { name: fc.string(), minutes: fc.string(), maxPrice: fc.string(), environment: fc.string(), isSpot: fc.boolean() },
    { requiredKeys: [] },
  );
  const action: fc.Arbitrary<DraftAction> = fc.oneof(
    fields.map((given): DraftAction => ({ type: "filled", fields: given })),
    fc
      .record({ gpuCount: fc.string(), minVramGib: fc.string() })
      .map((needs): DraftAction => ({ type: "needed", needs })),
    fc.constantFrom<DraftAction>(
      { type: "analysed", analysis: ANALYSIS },
      { type: "filesChosen", files: [file("a.py")] },
      { type: "filesChosen", files: [] },
      { type: "machineChosen", machine: "north", pricePerHour: 5 },
    ),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
      const draft = after(...actions);
      expect(draft.key).toBe("key");
      const { resources, maxPrice, timeLimitSeconds } = jobRequestOf(draft, { source: "" });
      for (const amount of [resources.gpuCount, resources.minVramMib, maxPrice, timeLimitSeconds]) {
        expect(Number.isSafeInteger(amount) && amount >= 0).toBe(true);
      }
      if (draft.files.length === 0) expect(draft.entrypoint).toBeNull();
    }),
  );
});

describe("what was typed", () => {
  test("is told where it cannot be read", () => {
    const draft = after(
      { type: "needed", needs: { gpuCount: "two", minVramGib: "-1" } },
      { type: "filled", fields: { minutes: "0", environment: "NO EQUALS", maxPrice: "10 000", name: "x" } },
    );
    expect([...flawsOf(draft)].sort()).toEqual(["environment", "gpuCount", "minVramGib", "minutes"]);
  });

  test("is read as amounts and variables", () => {
    expect([mibOf("1.5"), mibOf("2,5"), mibOf("x")]).toEqual([1536, 2560, null]);
    expect(environmentOf("A=1\n\nB_2=x=y")).toEqual({ A: "1", B_2: "x=y" });
  });
});

describe("what this browser kept", () => {
  test("is read again, a missing field empty", () => {
    const draft = after({ type: "filled", fields: { name: "kept" } });
    expect(readKept({ version: 1, draft })).toEqual(draft);
    expect(readKept({ version: 1, draft: { key: "old" } })).toMatchObject({ key: "old", minutes: "60" });
  });

  test("is passed over where it is something else", () => {
    for (const kept of [undefined, null, 3, {}, { version: 0, draft: {} }, { version: 1, draft: null }]) {
      expect(readKept(kept)).toBeNull();
    }
  });
});
