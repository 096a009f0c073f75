-- One turn of a batch worker: settles jobs it has finished, hands them on to their next queues, and takes new ones, in
-- one atomic step. A job is thus always in exactly one queue. The data is laid out as BullMQ lays it out.
-- KEYS 1 a wait list of the worker, which leads the call to its slot. The other keys are made from the prefixes below,
--        as BullMQ makes the keys of its jobs; a hash tag in the prefix keeps them in that slot.
-- ARGV 1 lock token of the worker  2 lock duration in ms  3 now in ms  4 options of new jobs as JSON
--      5 number of served queues n, then for each: prefix such as `job:encoder_in:`, jobs to take at most
--      then number of other queues m, then for each: prefix
--      then for each finished job: number of its queue, its id, number of the next queue or 0, its data there
--      (queues are numbered from 1, the served ones first)
-- Returns { ids of finished jobs that another worker has taken over, taken jobs }, each taken job as
--   { number of its queue, id, data, how often it was started, how often its worker died }
local token, lock, now, options = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local served = tonumber(ARGV[5])
local at = 6
local prefix, limit = {}, {}
for q = 1, served do
  prefix[q], limit[q] = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
end
local others = tonumber(ARGV[at])
at = at + 1
for q = served + 1, served + others do
  prefix[q] = ARGV[at]
  at = at + 1
end

local lost, filled = {}, {}
while at <= #ARGV do
  local own, id, target, data = prefix[tonumber(ARGV[at])], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  at = at + 4
  if redis.call('GET', own .. id .. ':lock') ~= token then
    lost[#lost + 1] = id
  else
    redis.call('DEL', own .. id .. ':lock', own .. id)
    redis.call('LREM', own .. 'active', -1, id)
    if target > 0 then
      local job = prefix[target] .. id
      if redis.call('EXISTS', job) == 0 then
        redis.call('HSET', job, 'name', 'job', 'data', data, 'opts', options, 'timestamp', now, 'delay', 0, 'priority', 0)
        redis.call('LPUSH', prefix[target] .. 'wait', id)
        filled[target] = true
      end
    end
  end
end
for q = served + 1, served + others do
  if filled[q] then redis.call('ZADD', prefix[q] .. 'marker', 0, '0') end
end

local taken = {}
for q = 1, served do
  local own, count = prefix[q], 0
  local left = redis.call('LLEN', own .. 'wait') > 0 and redis.call('HEXISTS', own .. 'meta', 'paused') == 0
  while left and count < limit[q] do
    local id = redis.call('RPOPLPUSH', own .. 'wait', own .. 'active')
    if not id then
      left = false
    else
      local data = redis.call('HMGET', own .. id, 'data', 'stc')
      if not data[1] then -- removed behind the queue's back
        redis.call('LREM', own .. 'active', 1, id)
      else
        redis.call('SET', own .. id .. ':lock', token, 'PX', lock)
        redis.call('HSET', own .. id, 'processedOn', now)
        local started = redis.call('HINCRBY', own .. id, 'ats', 1)
        taken[#taken + 1] = { q, id, data[1], started, tonumber(data[2]) or 0 }
        count = count + 1
      end
    end
  end
  -- Wakes the next worker for what is left over.
  if left and redis.call('LLEN', own .. 'wait') > 0 then redis.call('ZADD', own .. 'marker', 0, '0') end
end
return { lost, taken }
