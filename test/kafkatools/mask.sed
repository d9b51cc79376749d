s/127\.0\.0\.1:[0-9]+/HOST:PORT/g
s/port=[0-9]+/port=PORT/g
# member and client ids with a UUID; topic, cluster and directory ids
s/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g
s/(TopicId: |Topic ID: |topicId=|topic id |Cluster ID: |ClusterId: +|DirectoryId=|directoryId"?[:=] ?"?)[A-Za-z0-9_-]{22}/\1ID/g
# epoch milliseconds
s/\b1[0-9]{12}\b/MILLIS/g
# dates of log lines
s/\[?20[0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9:.,]+\]?/TIME/g
s/ \(org\.apache\.kafka[A-Za-z0-9.$]+\)$//
s/ +$//
# the order of a hash set
s/(requires one of the following scenarios: ).*/\1ANY/
s/console-consumer-[0-9]+/console-consumer-N/g
s/("topicId":")[A-Za-z0-9_-]{22}/\1ID/g
s/(HighWatermark: +)[0-9]+/\1N/
s/(Epoch: )[0-9]+$/\1N/
s/(LeaderEpoch: +)[0-9]+/\1N/
s/(metadata ID |"directoryId": ")[A-Za-z0-9_-]{22}/\1ID/g
# the order of a Java map, which differs from one process to the next
s/"topic":("[^"]*"),"partition":([0-9]+)/"partition":\2,"topic":\1/g
