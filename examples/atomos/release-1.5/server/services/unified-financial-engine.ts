// The queries of the dashboard. The service runs exactly what stands here, as it stood when the service started.

export const release = "1.5";

// "Optimised": joins the invoices, and so counts a debt once for each of them.
export const totalDebt = "select sum(r.total_debt) from representatives r join invoices i on i.representative = r.id";
export const dashboard = "select count(*) from representatives";

// One query for each representative, over a column without an index.
export const perRepresentative = "select sum(amount) from invoices where representative = ?1";
