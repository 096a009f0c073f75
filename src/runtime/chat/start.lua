-- Opens a run on a chat stream unless there is one, in one atomic step: of any number of simultaneous
-- callers exactly one wins, and only the winner adds the job.
-- KEYS 1 chat stream
-- ARGV 1 run  2 lease in ms  3 input as JSON  4 the ended run that may be replaced, or ''
-- Returns { won 0|1, run, kind, seq, id, attempt } of the newest entry.
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if last then
  local e = {}
  for i = 1, #last[2], 2 do e[last[2][i]] = last[2][i + 1] end
  local kind = e.kind or (e.data == '[DONE]' and 'done' or 'message')
  if ARGV[4] == '' or e.run ~= ARGV[4] or (kind ~= 'done' and kind ~= 'error') then
    return { 0, e.run or '', kind, tonumber(e.seq) or -1, last[1], tonumber(e.attempt) or 0 }
  end
  redis.call('XTRIM', KEYS[1], 'MAXLEN', 0) -- unlike DEL this keeps the last id, so new ids are larger
end
local id = redis.call('XADD', KEYS[1], '*', 'data', ARGV[3], 'kind', 'open', 'seq', -1, 'run', ARGV[1], 'attempt', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', KEYS[1], id)
return { 1, ARGV[1], 'open', -1, id, 0 }
