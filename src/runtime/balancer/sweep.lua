-- Prunes the leases of the dead, sets every load to what is true, and forgets replicas that are gone and idle.
-- KEYS: 1 replicas
-- ARGV: 1 prefix of the sets of leases  2 prefix of the states  3 prefix of the loads ('' = they live in another slot)
--       4 life of a load, ms  5 life of the load of a replica that is gone, ms  6 life of everything else, ms
-- Returns for each replica: url, load, and here, silent (without a word of goodbye), left, or gone (left or silent, and idle).
-- The keys of the replicas, made of the prefixes, are in the slot of KEYS[1].
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local list, report = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'), {}
for i = 1, #list, 2 do
  local url, life = list[i], ARGV[4]
  local leases = ARGV[1] .. url
  redis.call('ZREMRANGEBYSCORE', leases, '-inf', string.format('%.0f', now))
  local load = redis.call('ZCARD', leases)
  local till = tonumber(list[i + 1])
  local place = till > now and 'here' or load == 0 and 'gone' or till == 0 and 'left' or 'silent'
  if place == 'gone' then
    redis.call('ZREM', KEYS[1], url)
    life = ARGV[5]
  else
    redis.call('PEXPIRE', leases, ARGV[6])
  end
  redis.call('PEXPIRE', ARGV[2] .. url, ARGV[6])
  if ARGV[3] ~= '' then redis.call('SET', ARGV[3] .. url, load, 'PX', life) end
  report[#report + 1], report[#report + 2], report[#report + 3] = url, load, place
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return report
