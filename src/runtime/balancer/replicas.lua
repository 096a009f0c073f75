-- Reads how the registered replicas of a pool are.
-- KEYS: 1 replicas
-- ARGV: 1 prefix of the sets of leases  2 prefix of the states; both are in the slot of KEYS[1]
--       then the only ones to tell about, none = all that are registered
-- Returns for each: url, load, closed, open or half-open, smoothed latency in ms ('' = unknown), smoothed share of failures.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local since, urls, report = '(' .. string.format('%.0f', now), {}, {}
for i = 3, #ARGV do urls[#urls + 1] = ARGV[i] end
if #urls == 0 then urls = redis.call('ZRANGEBYSCORE', KEYS[1], since, '+inf') end
for _, url in ipairs(urls) do
  local s = redis.call('HMGET', ARGV[2] .. url, 'latency', 'errors', 'out')
  local health = not s[3] and 'closed' or tonumber(s[3]) > now and 'open' or 'half-open'
  report[#report + 1] = { url, redis.call('ZCOUNT', ARGV[1] .. url, since, '+inf'), health, s[1] or '', s[2] or '0' }
end
return report
