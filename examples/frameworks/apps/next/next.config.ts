import type { NextConfig } from 'next'

const config: NextConfig = { serverExternalPackages: ['ioredis'] }

export default config
