package replica

import "slices"

// ISR is the state of the in-sync replicas: Committed, PendingExpand or PendingShrink. The controller decides; a change is
// pending from the moment the leader asks until the controller answers or a newer image comes.
type ISR interface {
	// Committed is what the controller last confirmed; min.insync.replicas is measured by it.
	Committed() []int32
	// Maximal holds everybody who may be in the ISR by now: the high watermark waits for all of them, for the controller may
	// have accepted the change before we hear of it.
	Maximal(replica int32) bool
	// MaximalSize is how many those are.
	MaximalSize() int
	// Pending tells that the controller has not answered yet.
	Pending() bool
}

// CommittedISR is an ISR without a change under way.
type CommittedISR struct{ Members []int32 }

// PendingExpand is an ISR that shall get one more member.
type PendingExpand struct {
	Members []int32
	Adding  int32
}

// PendingShrink is an ISR that shall lose members.
type PendingShrink struct {
	Members  []int32
	Removing []int32
}

// Committed is the ISR.
func (s CommittedISR) Committed() []int32 { return s.Members }

// Maximal is membership.
func (s CommittedISR) Maximal(id int32) bool { return slices.Contains(s.Members, id) }

// MaximalSize is the size of the ISR.
func (s CommittedISR) MaximalSize() int { return len(s.Members) }

// Pending is false.
func (s CommittedISR) Pending() bool { return false }

// Committed leaves the newcomer out: it does not count for min.insync.replicas yet.
func (s PendingExpand) Committed() []int32 { return s.Members }

// Maximal has the newcomer in.
func (s PendingExpand) Maximal(id int32) bool {
	return id == s.Adding || slices.Contains(s.Members, id)
}

// MaximalSize counts the newcomer.
func (s PendingExpand) MaximalSize() int { return len(s.Members) + 1 }

// Pending is true.
func (s PendingExpand) Pending() bool { return true }

// Committed keeps those that shall leave: they may still be elected.
func (s PendingShrink) Committed() []int32 { return s.Members }

// Maximal keeps those that shall leave.
func (s PendingShrink) Maximal(id int32) bool { return slices.Contains(s.Members, id) }

// MaximalSize keeps those that shall leave.
func (s PendingShrink) MaximalSize() int { return len(s.Members) }

// Pending is true.
func (s PendingShrink) Pending() bool { return true }
