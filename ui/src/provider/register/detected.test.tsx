import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Detected } from "./detected.tsx";

afterEach(cleanup);

const parts = () => {
  const page = createWrapper();
  return { skeletons: page.findAllSkeletons().length, said: page.findAlert()?.findContent().getElement().textContent };
};

test("skeletons stand while the browser is asked, and no longer once it cannot be", () => {
  const { rerender } = render(<Detected findings={null} assessment={null} problem={null} />);
  expect(parts()).toEqual({ skeletons: 2, said: undefined });
  rerender(<Detected findings={null} assessment={null} problem={new Error("WebGL is off.")} />);
  expect(parts().skeletons).toBe(0);
  expect(parts().said).toContain("What this browser sees could not be read: WebGL is off.");
});

test("what the platform does not judge is told beside what is seen", () => {
  const findings = { webgpu: null, webgl: null, cores: 8, userAgent: "Mozilla/5.0 (X11; Linux x86_64)" };
  render(<Detected findings={findings} assessment={null} problem={new Error("It does not answer.")} />);
  expect(parts().skeletons).toBe(0);
  expect(parts().said).toContain("What this hardware amounts to could not be asked: It does not answer.");
  expect(document.body.textContent).toContain("Linux");
});
