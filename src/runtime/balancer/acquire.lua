-- Chooses a replica and takes a lease of it.
-- KEYS: 1 replicas (score: until when each is registered)
-- ARGV: 1 prefix of the sets of leases  2 prefix of the states  3 prefix of the loads ('' = they live in another slot)
--       4 lease id  5 life of the lease, ms  6 life of the load, ms  7 random number from 0 to below 1
--       8 '1' = any fit replica instead of the cheapest  9 life of a probe's permit, ms
--       10 weights of in flight, 11 latency, 12 failures, 13 in flight x latency; latencies in ms with failures in them
--       14 how many replicas to avoid; then these; then the only ones to choose from, none = all that are registered
-- Returns {'ok', url, '1' if it is a probe, then as they were before: in flight, latency, share of failures}
--       or {'out', ms until the next probe is due} or {'none'}.
-- The keys of the replicas, made of the prefixes, are in the slot of KEYS[1].
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local stamp, random = string.format('%.0f', now), tonumber(ARGV[7])
-- What is known fades over this many ms without news: a latency towards that of the others, failures towards none.
local FADE = 10000
-- A failure counts as this many ms, and at least as this many times the latency.
local FAILURE, FAILURES = 2000, 4

local avoid, urls, avoided = {}, {}, tonumber(ARGV[14])
for i = 15, 14 + avoided do avoid[ARGV[i]] = true end
for i = 15 + avoided, #ARGV do urls[#urls + 1] = ARGV[i] end
if #urls == 0 then urls = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. stamp, '+inf') end
if #urls == 0 then return { 'none' } end

-- Of both, those that are to be avoided stand apart.
local fit, probes, next_probe = { {}, {} }, { {}, {} }, nil
local sum, known = 0, 0
for _, url in ipairs(urls) do
  local s = redis.call('HMGET', ARGV[2] .. url, 'latency', 'errors', 'at', 'out', 'permit')
  local c = { url = url, latency = tonumber(s[1]), errors = 0, fade = 1 }
  if s[3] then
    c.fade = math.exp(math.min(0, s[3] - now) / FADE)
    c.errors = (tonumber(s[2]) or 0) * c.fade
  end
  local place = avoid[url] and 2 or 1
  -- It is out until `out`; then one request at a time may try it.
  local due = s[4] and math.max(tonumber(s[4]), tonumber(s[5]) or 0)
  if not due then
    c.load = redis.call('ZCOUNT', ARGV[1] .. url, '(' .. stamp, '+inf')
    table.insert(fit[place], c)
    if c.latency then
      sum, known = sum + c.latency, known + 1
    end
  elseif due <= now then
    table.insert(probes[place], c)
  else
    next_probe = math.min(next_probe or due, due)
  end
end
local mean = known > 0 and sum / known or 1

local function any(list) return list[math.floor(random * #list) + 1] end

local function cheapest(list)
  local best, ties = nil, {}
  for _, c in ipairs(list) do
    local latency = c.latency and mean + (c.latency - mean) * c.fade or mean
    latency = latency * (1 - c.errors) + math.max(FAILURE, FAILURES * latency) * c.errors
    c.felt = latency
    local cost = ARGV[10] * c.load + ARGV[11] * latency + ARGV[12] * c.errors + ARGV[13] * c.load * latency
    if best and math.abs(cost - best) <= 1e-9 * math.abs(best) then
      ties[#ties + 1] = c
    elseif not best or cost < best then
      best, ties = cost, { c }
    end
  end
  local chosen = any(ties)
  return ARGV[8] == '1' and any(list) or chosen
end

local chosen, probe
if avoided == 0 and #probes[1] > 0 then
  chosen, probe = any(probes[1]), true -- or a replica that looks bad would never be tried again
elseif #fit[1] > 0 then
  chosen = cheapest(fit[1])
elseif #probes[1] > 0 then
  chosen, probe = any(probes[1]), true
elseif #fit[2] > 0 then
  chosen = cheapest(fit[2])
elseif #probes[2] > 0 then
  chosen, probe = any(probes[2]), true
else
  return { 'out', math.ceil(next_probe - now) }
end

local leases = ARGV[1] .. chosen.url
chosen.load = chosen.load or redis.call('ZCOUNT', leases, '(' .. stamp, '+inf')
redis.call('ZADD', leases, now + ARGV[5], ARGV[4])
if ARGV[3] ~= '' then redis.call('SET', ARGV[3] .. chosen.url, chosen.load + 1, 'PX', ARGV[6]) end
if probe then redis.call('HSET', ARGV[2] .. chosen.url, 'probe', ARGV[4], 'permit', string.format('%.0f', now + ARGV[9])) end
return {
  'ok', chosen.url, probe and '1' or '0', tostring(chosen.load),
  string.format('%.6g', chosen.felt or chosen.latency or mean), string.format('%.6g', chosen.errors),
}
