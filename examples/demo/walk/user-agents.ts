/** A browser by its header `User-Agent`, and its name on the devices page. */
export interface UserAgent {
  readonly header: string
  readonly name: string
}

export const firefox: UserAgent = {
  header: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  name: 'Firefox 145 on Windows',
}

export const androidChrome: UserAgent = {
  header:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  name: 'Chrome 142 on Android',
}
