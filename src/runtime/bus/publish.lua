-- Adds events to one stream; an event that was published before is not added again, so a lost reply may be resent.
-- KEYS: 1 stream  2.. key that remembers the entry id of each event
-- ARGV: 1 how long it is remembered, in ms  2 event type  then of each event: event_id, timestamp, data, version, traceparent ('' = none)
-- Returns for each event its entry id, after '+' when it is new or '=' when it was there.
local receipts, newest = {}, false
for i = 2, #KEYS do
  local at = 5 * i - 7
  local known = redis.call('GET', KEYS[i])
  if known then
    -- A write in any case: WAIT on this connection then waits for the event, whoever has added it.
    redis.call('PEXPIRE', KEYS[i], ARGV[1])
    receipts[i - 1] = '=' .. known
  else
    local version, trace = ARGV[at + 3], ARGV[at + 4]
    if version == '' and trace == '' then
      newest = redis.call('XADD', KEYS[1], '*', 'event_id', ARGV[at], 'event_type', ARGV[2],
        'timestamp', ARGV[at + 1], 'data', ARGV[at + 2])
    else
      local fields = { 'event_id', ARGV[at], 'event_type', ARGV[2], 'timestamp', ARGV[at + 1], 'data', ARGV[at + 2] }
      if version ~= '' then fields[#fields + 1] = 'version'; fields[#fields + 1] = version end
      if trace ~= '' then fields[#fields + 1] = 'traceparent'; fields[#fields + 1] = trace end
      newest = redis.call('XADD', KEYS[1], '*', unpack(fields))
    end
    redis.call('SET', KEYS[i], newest, 'PX', ARGV[1])
    receipts[i - 1] = '+' .. newest
  end
end
if newest then redis.call('PUBLISH', KEYS[1], newest) end
return receipts
