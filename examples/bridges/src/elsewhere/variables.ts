/** The variables of the environment in which a store finds its packages and servers. */
export const folderVariable = 'ELSEWHERE_PACKAGES'
export const storeVariable = 'ELSEWHERE_STORE'
export const redisVariable = 'REDIS_URL'
export const postgresVariable = 'POSTGRES_URL'
export const mysqlVariable = 'MYSQL_URL'
export const memcachedVariable = 'MEMCACHED_URL'
