import { afterEach, expect, test } from "vitest";
import { preferred, speak } from "./language.ts";
import { catalogue } from "./messages.ts";

const offers = catalogue(
  { greeting: "Hello, {{name}}", found_one: "{{count}} offer", found_other: "{{count}} offers" },
  { greeting: "Olá, {{name}}", found_one: "{{count}} oferta", found_other: "{{count}} ofertas" },
);

afterEach(() => speak("en"));

test("a message is said in the language of the page, with what it has places for", () => {
  expect(offers.say("greeting", { name: "Ada" })).toBe("Hello, Ada");
  speak("pt");
  expect(offers.say("greeting", { name: "Ada" })).toBe("Olá, Ada");
});

test("one is told from many as each language does it", () => {
  expect([0, 1, 2].map((count) => offers.say("found", { count }))).toEqual(["0 offers", "1 offer", "2 offers"]);
  speak("pt");
  expect([0, 1, 2].map((count) => offers.say("found", { count }))).toEqual(["0 oferta", "1 oferta", "2 ofertas"]);
});

test("the first of the browser's languages that the console speaks is preferred, else English", () => {
  expect(preferred(["de-DE", "pt-BR", "en"])).toBe("pt");
  expect(preferred(["de-DE"])).toBe("en");
});
