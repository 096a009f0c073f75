import { describe, expect, it } from 'vitest'
import { createNews } from '../../../src/runtime/evaluation/worker/news.ts'

describe('news', () => {
  it('are told one after the other, in order', async () => {
    const log: string[] = []
    const news = createNews()
    const tell = (name: string) => async () => {
      log.push(`${name} begins`)
      await Promise.resolve()
      log.push(`${name} ends`)
    }
    news.add(tell('a'))
    news.add(tell('b'))
    await news.told()
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  it('that could not be told go first the next time', async () => {
    const log: string[] = []
    const news = createNews()
    let away = true
    news.add(async () => {
      if (away) throw new Error('away')
      log.push('a')
    })
    await expect(news.told()).rejects.toThrow('away')
    away = false
    news.add(async () => void log.push('b'))
    await news.told()
    expect(log).toEqual(['a', 'b'])
  })

  it('are told although they come while the last are just done', async () => {
    const log: number[] = []
    const news = createNews()
    for (let i = 0; i < 20; i++) {
      news.add(async () => void log.push(i))
      for (let turn = 0; turn < i % 5; turn++) await Promise.resolve()
    }
    await news.told()
    expect(log).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })
})
