import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { flawsOf, joinCommand, NO_RULES, quoted } from "./join-command.ts";

const COMMAND = "qubix-agent join http://127.0.0.1:8000 --token qbx_join_abc";

test("without rules it is the platform's own command", () => {
  expect(joinCommand(COMMAND, NO_RULES)).toBe(COMMAND);
});

test("each rule is an option of the agent's", () => {
  const rules = { name: "Ada's rig", price: "360 000", region: "pt-lis", finishMinutes: "30" };
  expect(joinCommand(COMMAND, rules)).toBe(
    `${COMMAND} --name='Ada'\\''s rig' --price=360000 --region=pt-lis --drain=1800`,
  );
});

test("a shell reads every word as it was meant", () => {
  const word = fc.string({ maxLength: 40 }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(quoted).join(" ")}`], { encoding: "utf8" });
      expect(printed.split("\0").slice(0, -1)).toEqual(words.map((text) => Buffer.from(text).toString("utf8")));
    }),
    { numRuns: 30 },
  );
});

test("what the agent would refuse is a flaw, and nothing else", () => {
  expect([...flawsOf(NO_RULES)]).toEqual([]);
  expect([...flawsOf({ name: "n".repeat(201), price: "1.5", region: "a b", finishMinutes: "" })]).toEqual([
    "name",
    "price",
    "region",
    "finishMinutes",
  ]);
});

test("a command has no rule's text outside its option", () => {
  const rules = fc.record({
    name: fc.string({ maxLength: 200 }).map((text) => text.replaceAll("\0", "")),
    price: fc.nat().map(String),
    region: fc.stringMatching(/^[A-Za-z0-9]{1,20}$/),
    finishMinutes: fc.nat({ max: 10_000 }).map(String),
  });
  fc.assert(
    fc.property(rules, (given) => {
      fc.pre(flawsOf(given).size === 0);
      const command = joinCommand(COMMAND, given);
      expect(command.startsWith(COMMAND)).toBe(true);
      expect(command.split(/ --/).length).toBeGreaterThanOrEqual(4);
      expect(command).toContain(`--price=${given.price}`);
    }),
  );
});
