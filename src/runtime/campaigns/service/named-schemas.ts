import { nameSchemas } from '../../platform/http/index.ts'
import { configuration, entry, newEntry } from '../messages/configuration.ts'
import { campaignTrial, explanation, ruleTest, ruleTestBody, ruleTrial } from '../messages/rule-test.ts'
import * as messages from '../messages.ts'

/** Components of the OpenAPI document, by the names that generated clients call them. */
export const namedSchemas = () =>
  nameSchemas({
    Campaign: messages.campaign,
    CampaignEntry: messages.campaignEntry,
    CampaignList: messages.campaignList,
    NewCampaign: messages.newCampaign,
    CampaignChange: messages.campaignChange,
    Rule: messages.rule,
    NewRule: messages.newRule,
    RuleChange: messages.ruleChange,
    Event: messages.event,
    NewEvent: messages.newEvent,
    Registered: messages.registered,
    NewBatch: messages.batchOfEvents,
    Batch: messages.batch,
    Reward: messages.storedReward,
    NewReward: messages.reward,
    Earning: messages.earning,
    EarningList: messages.earningList,
    Explanation: explanation,
    RuleTest: ruleTest,
    RuleTestBody: ruleTestBody,
    RuleTrial: ruleTrial,
    CampaignTrial: campaignTrial,
    Configuration: configuration,
    ConfigurationEntry: entry,
    NewConfigurationEntry: newEntry,
  })
