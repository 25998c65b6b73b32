import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { formatDay } from "./period.ts";
import { StatementSummary } from "./statement-summary.tsx";

const OCTOBER = { first: "2026-10-01", last: "2026-10-31" };
const NOVEMBER = { first: "2026-11-01", last: "2026-11-22" };
const SUMS = { opening: 1, moneyIn: 2, moneyOut: 3, closing: 4, count: 0, lines: [] };

afterEach(cleanup);

test("sums stand under the days that they are of, also while others are asked for", () => {
  const { container, rerender } = render(<StatementSummary statement={undefined} period={OCTOBER} />);
  expect(container.textContent).toContain(formatDay(OCTOBER.first));
  rerender(<StatementSummary statement={{ ...OCTOBER, ...SUMS }} period={NOVEMBER} />);
  expect(container.textContent).toContain(formatDay(OCTOBER.last));
  expect(container.textContent).not.toContain(formatDay(NOVEMBER.last));
  rerender(<StatementSummary statement={{ ...NOVEMBER, ...SUMS }} period={NOVEMBER} />);
  expect(container.textContent).toContain(formatDay(NOVEMBER.last));
});
