-- Keeps leases alive, and takes those again that were lost: their requests are still under way.
-- KEYS: 1 replicas
-- ARGV: 1 prefix of the sets of leases, which are in the slot of KEYS[1]  2 life of a lease, ms
--       then of each lease: url of its replica, lease id
-- Returns for each: 1 it had been lost, 0 it had not.
local t = redis.call('TIME')
local expiry = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[2]
local lost = {}
for i = 3, #ARGV, 2 do lost[#lost + 1] = redis.call('ZADD', ARGV[1] .. ARGV[i], expiry, ARGV[i + 1]) end
return lost
