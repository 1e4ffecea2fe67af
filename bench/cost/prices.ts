/** When these prices were noted. */
export const pricesOf = { region: 'eu-central-1', date: '2026-11-22' }

/** A price in USD without free tiers, and whether it was read for this region, or is what others say it is there. */
export type Price = { usd: number; per: number; unit: string; source: string; isVerified: boolean }

const million = 1_000_000

/** What AWS asks for. To bring it up to date, read the pages in the browser, correct the numbers, and run `npm run cost -- --write`. */
export const prices = {
  apiRequest: {
    usd: 1.2,
    per: million,
    unit: 'requests of up to 512 KB',
    source: 'https://aws.amazon.com/api-gateway/pricing/',
    isVerified: false,
  },
  lambdaRequest: {
    usd: 0.2,
    per: million,
    unit: 'calls',
    source: 'https://aws.amazon.com/lambda/pricing/',
    isVerified: false,
  },
  lambdaTime: {
    usd: 0.0000133334,
    per: 1,
    unit: 'GB-s on arm64',
    source: 'https://aws.amazon.com/lambda/pricing/',
    isVerified: false,
  },
  sqsRequest: {
    usd: 0.4,
    per: million,
    unit: 'requests of up to 64 KB',
    source: 'https://aws.amazon.com/sqs/pricing/',
    isVerified: false,
  },
  dynamoWrite: {
    usd: 0.7625,
    per: million,
    unit: 'write units of 1 KB',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    isVerified: false,
  },
  dynamoRead: {
    usd: 0.1525,
    per: million,
    unit: 'read units of 4 KB',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    isVerified: false,
  },
  dynamoStorage: {
    usd: 0.306,
    per: 1,
    unit: 'GB-months',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    isVerified: false,
  },
  dynamoRecovery: {
    usd: 0.2448,
    per: 1,
    unit: 'GB-months of point-in-time recovery',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    isVerified: false,
  },
  logs: {
    usd: 0.63,
    per: 1,
    unit: 'GB taken in',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    isVerified: false,
  },
  metric: {
    usd: 0.3,
    per: 1,
    unit: 'metric-months',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    isVerified: false,
  },
  alarm: {
    usd: 0.1,
    per: 1,
    unit: 'metrics of alarms, a month',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    isVerified: false,
  },
  dashboard: {
    usd: 3,
    per: 1,
    unit: 'dashboard-months',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    isVerified: false,
  },
  secret: {
    usd: 0.4,
    per: 1,
    unit: 'secret-months',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
    isVerified: true,
  },
  secretRead: {
    usd: 0.05,
    per: 10_000,
    unit: 'calls',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
    isVerified: true,
  },
  schedule: {
    usd: 1,
    per: million,
    unit: 'invocations by the scheduler',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
    isVerified: false,
  },
  egress: {
    usd: 0.09,
    per: 1,
    unit: 'GB to the internet',
    source: 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer',
    isVerified: false,
  },
} satisfies Record<string, Price>

/** USD for some of a thing. */
export function usd(price: Price, count: number): number {
  return (count / price.per) * price.usd
}
