-- Adds events to one stream; an event that was published before is not added again, so a lost reply may be resent.
-- KEYS: 1 stream  2 hash: event id → entry id  3 the hash before it
-- ARGV: 1 how long ids are remembered at least, in ms, unless there are more than 2  3 event type
--       then of each event: event_id, timestamp, data, version, traceparent ('' = none)
-- Returns for each event its entry id, after '+' when it is new or '=' when it was there.
local window = tonumber(ARGV[1])
local ttl = redis.call('PTTL', KEYS[2])
if ttl >= 0 and (ttl < window or redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[2])) then
  redis.call('UNLINK', KEYS[3]) -- a RENAME would free it at once, and hold up Redis
  redis.call('RENAME', KEYS[2], KEYS[3])
  ttl = -2
end

local events = {}
for i = 4, #ARGV, 5 do events[#events + 1] = ARGV[i] end
local recent, older = redis.call('HMGET', KEYS[2], unpack(events)), redis.call('HMGET', KEYS[3], unpack(events))
local receipts, marks, here, newest = {}, {}, {}, false
for i, event in ipairs(events) do
  local id = recent[i] or older[i] or here[event]
  if id then
    receipts[i] = '=' .. id
  else
    local at = 5 * i - 1
    local version, trace = ARGV[at + 3], ARGV[at + 4]
    if version == '' and trace == '' then
      id = redis.call('XADD', KEYS[1], '*', 'event_id', event, 'event_type', ARGV[3],
        'timestamp', ARGV[at + 1], 'data', ARGV[at + 2])
    else
      local fields = { 'event_id', event, 'event_type', ARGV[3], 'timestamp', ARGV[at + 1], 'data', ARGV[at + 2] }
      if version ~= '' then fields[#fields + 1] = 'version'; fields[#fields + 1] = version end
      if trace ~= '' then fields[#fields + 1] = 'traceparent'; fields[#fields + 1] = trace end
      id = redis.call('XADD', KEYS[1], '*', unpack(fields))
    end
    receipts[i], here[event], newest = '+' .. id, id, id
  end
  marks[2 * i - 1], marks[2 * i] = event, id
end
-- Written also when nothing is new: WAIT on this connection then waits for the events, whoever has added them.
redis.call('HSET', KEYS[2], unpack(marks))
if ttl < 0 then redis.call('PEXPIRE', KEYS[2], 2 * window) end
if newest then redis.call('PUBLISH', KEYS[1], newest) end
return receipts
