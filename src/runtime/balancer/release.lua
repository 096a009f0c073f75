-- Gives a lease back, and learns from how its request went.
-- KEYS: 1 leases of the replica  2 its state
-- ARGV: 1 lease id  2 outcome: ok, failed, busy or cancelled  3 how long it took, ms  4 '1' if it was a probe
--       5 key of the load ('' = it lives in another slot)  6 life of the load, ms
--       7 failures in a row that put a replica out  8 share of failures that does  9 requests that a share takes
--       10 how long it is out at first, ms  11 at most, ms  12 probes that bring it back
-- Returns the load that is left, or -1 when the lease had been lost: then nothing is learned, and nothing given back.
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return -1 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local outcome, took, was_probe = ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
-- The weight of one request in what is smoothed, and the ms after which an old value counts for little.
local WEIGHT, FADE = 0.1, 10000
-- Being turned away is quick, but who is turned away has to wait: it counts as this many ms, and as twice the latency.
local BUSY = 1000

local load = redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf')
if ARGV[5] ~= '' then redis.call('SET', ARGV[5], load, 'PX', ARGV[6]) end

local f = redis.call('HMGET', KEYS[2], 'latency', 'errors', 'at', 'count', 'row', 'out', 'pause', 'good', 'probe')
local latency, errors, count = tonumber(f[1]), tonumber(f[2]) or 0, (tonumber(f[4]) or 0) + 1
local row, out = tonumber(f[5]) or 0, tonumber(f[6])
if f[9] == ARGV[1] then redis.call('HDEL', KEYS[2], 'probe', 'permit') end
-- What was under way when the replica went out tells nothing about how it is now.
if outcome == 'cancelled' or (out and not was_probe) then return load end

local fade = f[3] and math.exp(math.min(0, f[3] - now) / FADE) or 0
local seen = took
if outcome == 'busy' then seen = math.max(took, BUSY, 2 * (latency or 0)) end
if outcome ~= 'failed' then
  latency = latency and latency + math.max(WEIGHT, 1 / count, 1 - fade) * (seen - latency) or seen
end
errors = errors * fade
errors = errors + WEIGHT * ((outcome == 'failed' and 1 or 0) - errors)
row = outcome == 'failed' and row + 1 or outcome == 'ok' and 0 or row

local function put_out(pause)
  redis.call('HSET', KEYS[2], 'out', string.format('%.0f', now + pause), 'pause', pause, 'good', 0)
  row, count = 0, 0
end

if not out then
  local failing = row >= tonumber(ARGV[7]) or (count >= tonumber(ARGV[9]) and errors > tonumber(ARGV[8]))
  if outcome == 'failed' and failing then put_out(tonumber(ARGV[10])) end
elseif out <= now and outcome == 'failed' then
  put_out(math.min(2 * (tonumber(f[7]) or ARGV[10]), tonumber(ARGV[11])))
elseif out <= now and outcome == 'ok' and redis.call('HINCRBY', KEYS[2], 'good', 1) >= tonumber(ARGV[12]) then
  redis.call('HDEL', KEYS[2], 'out', 'pause', 'good', 'probe', 'permit')
  errors, count = 0, 0
end
redis.call('HSET', KEYS[2], 'errors', string.format('%.6g', errors), 'at', string.format('%.0f', now), 'count', count, 'row', row)
if latency then redis.call('HSET', KEYS[2], 'latency', string.format('%.6g', latency)) end
return load
