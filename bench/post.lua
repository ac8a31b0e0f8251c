-- One record a request, each with an Idempotency-Key of its own. Arguments: a word that no other run used.
local run, number = "", 0

function init(arguments)
  run = arguments[1]
end

function request()
  number = number + 1
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/json",
    ["Authorization"] = wrk.headers["Authorization"],
    ["Idempotency-Key"] = run .. "-" .. number,
  }, '{"sensor":"s' .. (number % 100) .. '","at":"2026-11-20T08:00:00Z","value":' .. number .. '}')
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("figures %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
