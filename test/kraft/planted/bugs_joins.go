package main

import "github.com/gregorhq/gregor/test/planted/plant"

// joinBugs are planted bugs of new voters and of peers with older versions.
var joinBugs = []plant.Bug{
	{
		Name:  "older-peers-block",
		What:  "a node waits for the pre-vote of a peer that does not know pre-votes",
		Edits: []plant.Edit{{"internal/kraft/peers.go", "case f == Unsupported && n.role == Prospective:", "case f == Unsupported && n.role == Leading:"}},
		Finds: "^liveness: ",
	},
	{
		Name:  "voter-added-early",
		What:  "a voter that was asked for its versions counts as added",
		Edits: []plant.Edit{{"internal/kraft/voters.go", "\tcase c.adding != nil:\n\t\tif n.due(c.until) {", "\tcase c.adding != nil:\n\t\tn.reply(c.id, &VotersResponse{Leader: n.leader})\n\t\tn.leading.change = nil\n\t\tif n.due(c.until) {"}},
		Finds: "^voters: |^panic: |^replies: ",
	},
	{
		Name:  "joins-beside-its-old-disk",
		What:  "a controller with a new disk does not remove its old replica before it joins",
		Edits: []plant.Edit{{"internal/kraft/follower.go", "old := n.log.voters().voters.Find(n.o.Self.ID); old != nil {", "old := n.log.voters().voters.Find(n.o.Self.ID); old != nil && n.epoch < 0 {"}},
		Finds: "^joins: ",
	},
}
