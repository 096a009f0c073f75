-- Takes a lock, or renews it.
-- KEYS: lock, fence. ARGV: who, milliseconds. Returns the fence, or 0 while another has it.
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return redis.call('GET', KEYS[2])
end
if holder then return '0' end
-- At least the time, in microseconds: it must grow after Redis has lost its data, too.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local old = tonumber(redis.call('GET', KEYS[2]) or '0')
local fence = string.format('%.0f', math.max(old + 1, now))
redis.call('SET', KEYS[2], fence)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence
