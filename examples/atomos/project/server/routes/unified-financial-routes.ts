// What the service answers, and with which query of the engine.

export const routes = {
  "/api/dashboard": "dashboard",
  "/api/unified-financial/verify-total-debt": "totalDebt",
};
