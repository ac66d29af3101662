// The queries of the dashboard. The service runs exactly what stands here, as it stood when the service started.

export const release = "1.4";

export const totalDebt = "select sum(total_debt) from representatives";
export const dashboard = "select count(*) from representatives";
