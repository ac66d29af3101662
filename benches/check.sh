#!/usr/bin/env bash
# `rbk check` of 10,000 steps and of 10,000 trigger rules, against what a user would check as many rules with: rules of
# Prometheus, policies of Cedar, typed records of nickel, recipes of just. Peers that are not installed are named.
source "$(dirname "$0")/measure.sh"
build

rules=${RULES:-10000}
# each: the text on stdin once for each rule, with its number for N_.
each() {
  local text number
  text=$(cat)
  for ((number = 0; number < rules; number++)); do printf '%s\n' "${text//N_/$number}"; done
}
{
  echo 'policy many "Many steps" { root "." }'
  echo
  echo 'phase main "Main" {'
  for ((i = 0; i < rules; i++)); do echo "  step s$i \"Roll service $i back\" { idempotent; exec([\"./rollback\", \"svc$i\", \"--step\", \"$i\"]) }"; done
  echo '}'
} > "$work/steps.rbk"
{
  cat <<'END'
policy watched "Many rules" { root "." }

severity page "Somebody is woken" { within 15m; start by hand }

metric errors(service: string): int = file.count("logs/${service}.log", matching: r"level=error") every 15s { missing hold }
metric requests(service: string): int = file.count("logs/${service}.log") every 15s { missing hold }

phase main "Main" {
  step back "Roll back" { file.remove("flags/new") }
  verify gone { expect not file.exists("flags/new") }
}

END
  each <<'END'
trigger error_rate_high_N_ "Error rate above 5% on svcN_" {
  page when increase(errors("svcN_"), over: 5m) / increase(requests("svcN_"), over: 5m) > 0.05 for 2m
  start main
}
END
} > "$work/triggers.rbk"

# The same rules for the peers.
{
  echo "groups:"
  printf '  - name: rules\n    interval: 15s\n    rules:\n'
  each <<'END'
      - alert: ErrorRateHigh_N_
        expr: sum(rate(http_requests_total{service="svcN_",code=~"5.."}[5m])) / sum(rate(http_requests_total{service="svcN_"}[5m])) > 0.05
        for: 2m
        labels:
          severity: page
          service: svcN_
        annotations:
          summary: "Error rate above 5% on svcN_"
          action: "rollback deploy_N_"
END
} > "$work/rules.yml"
{
  each <<'END'
@id("rollback_N_")
permit (principal in Team::"teamN_", action == Action::"rollback", resource == Service::"svcN_")
when { resource.errorRate > 50 && resource.tier == "gold" && context.window >= 120 };

END
} > "$work/rules.cedar"
cat > "$work/schema.cedarschema" <<'END'
entity Team;
entity User in [Team];
entity Service { errorRate: Long, tier: String };
action rollback appliesTo { principal: [User, Team], resource: [Service], context: { window: Long } };
END
{
  echo "{"
  each <<'END'
  policy_N_ : { name : String, service : String, threshold : Number, window : Number, steps : Array String } = {
    name = "rollback_N_", service = "svcN_", threshold = 0.05 + N_, window = 120 * 1,
    steps = ["drain svcN_", "restore svcN_", "verify svcN_"],
  },
END
  echo "}"
} > "$work/rules.ncl"
for ((i = 0; i < rules; i++)); do
  before=
  if ((i % 10)); then before=" step_$((i - 1))"; fi
  if ((i > 0)); then echo; fi
  printf "# rollback service %d\nstep_%d target='svc%d':%s\n    @true rollback {{ target }} --step %d\n    @true verify {{ target }} --step %d\n" "$i" "$i" "$i" "$before" "$i" "$i"
done > "$work/justfile"

cd "$work"
sides=("rbk check, steps|$rbk check steps.rbk" "rbk check, triggers|$rbk check triggers.rbk")
missing=()
peer() { # NAME PROGRAM COMMAND
  if command -v "$2" >/dev/null; then sides+=("$1|$3"); else missing+=("$1"); fi
}
peer "promtool check rules" promtool "promtool check rules rules.yml"
peer "cedar validate" cedar "cedar validate --schema schema.cedarschema --policies rules.cedar"
peer "nickel typecheck" nickel "nickel typecheck rules.ncl"
peer "just --fmt --check" just "just --unstable --fmt --check --justfile justfile"

for _ in $(seq "$rounds"); do
  for at in "${!sides[@]}"; do
    # shellcheck disable=SC2086 # the command is words
    ./clock 1 ${sides[$at]#*|} >> "side$at"
  done
done

about
printf '| %-36s | %8s | %9s | %12s |\n' "check of $rules rules" "ms" "peak MB" "× promtool"
echo "|---|---|---|---|"
prom=
for at in "${!sides[@]}"; do
  if [ "${sides[$at]%%|*}" = "promtool check rules" ]; then prom=$(median < "side$at"); fi
done
worst=0
for at in "${!sides[@]}"; do
  name=${sides[$at]%%|*} took=$(median < "side$at")
  against=-
  if [ -n "$prom" ]; then against=$(ratio "$took" "$prom"); fi
  case $name in rbk*) if awk -v a="$took" -v b="$worst" 'BEGIN { exit !(a > b) }'; then worst=$took; fi ;; esac
  printf '| %-36s | %8s | %9s | %12s |\n' "$name" "$(scaled "$took" 0.001 1)" "$(scaled "$(awk '{ print $2 }' "side$at" | largest)" 0.001024 1)" "$against"
done
for name in "${missing[@]}"; do printf '| %-36s | %8s | %9s | %12s |\n' "$name" "-" "-" "not installed"; done
if [ -n "$prom" ]; then
  row "check of $rules steps or triggers, the slower" "$(scaled "$worst" 0.001 0) ms" "promtool check rules: $(scaled "$prom" 0.001 0) ms" "$(ratio "$worst" "$prom")" "≤ 0.10"
else
  row "check of $rules steps or triggers, the slower" "$(scaled "$worst" 0.001 0) ms" "promtool: not installed" "-" "≤ 0.10 of promtool (1,374 ms on the reference machine)"
fi
