/** The feature's pages, fetched as one: each for itself would make the first load, which lists what each fetches, heavier. */
export { Component as BalancePage } from "./balance-page.tsx";
export { Component as CalculatorPage } from "./calculator/calculator-page.tsx";
export { Component as DepositsPage } from "./deposits/deposits-page.tsx";
export { Component as InvoicesPage } from "./invoices/invoices-page.tsx";
export { Component as LimitsPage } from "./limits/limits-page.tsx";
export { Component as StatementPage } from "./statement-page.tsx";
export { Component as WithdrawalsPage } from "./withdrawals/withdrawals-page.tsx";
