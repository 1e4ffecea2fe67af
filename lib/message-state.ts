import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Keeping } from './data-key.ts'

/** The indexes of what is due, parked or linked: sparse, because only such records have their attributes. */
const indexes = [
  { indexName: 'due', sortKey: { name: 'sweepAt', type: AttributeType.NUMBER } },
  { indexName: 'parked', sortKey: { name: 'parkedAt', type: AttributeType.NUMBER } },
  { indexName: 'linked', sortKey: { name: 'linkedAt', type: AttributeType.NUMBER } },
]

/** The records of chat messages and of objects. */
export class MessageStateTable extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string, { removalPolicy, encryptionKey }: Keeping) {
    super(scope, id)
    this.table = new Table(this, 'States', {
      partitionKey: { name: 'messageId', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      ...(encryptionKey
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
        : { encryption: TableEncryption.AWS_MANAGED }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Of objects that nobody linked.
      timeToLiveAttribute: 'expiresAt',
      removalPolicy,
    })
    for (const { indexName, sortKey } of indexes) {
      this.table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: indexName, type: AttributeType.STRING },
        sortKey,
        projectionType: ProjectionType.KEYS_ONLY,
      })
    }
  }

  /** Lets a function load and save records. The table's own grants would add every index. */
  grantRecords(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      resourceArns: [this.table.tableArn],
    })
  }

  /** Lets a function find what is due. */
  grantDue(grantee: IGrantable): void {
    const resourceArns = [`${this.table.tableArn}/index/due`]
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:Query'], resourceArns })
  }
}
