package replica

import "slices"

// ISR is the state of the in-sync replicas. It is CommittedISR, PendingExpand or PendingShrink. The
// controller decides. A change is pending from the moment the leader asks for it until the
// controller answers or a newer image arrives.
type ISR interface {
	// Committed returns the members that the controller last confirmed. min.insync.replicas
	// counts these.
	Committed() []int32
	// Maximal reports whether a replica may be a member by now. The high watermark waits for
	// all of these, because the controller may have accepted a change whose answer is still on
	// its way.
	Maximal(replica int32) bool
	// MaximalSize returns how many replicas may be members by now.
	MaximalSize() int
}

// CommittedISR is an ISR without a pending change.
type CommittedISR struct{ Members []int32 }

// PendingExpand is an ISR to which the leader wants to add a member.
type PendingExpand struct {
	Members []int32
	Adding  int32
}

// PendingShrink is an ISR from which the leader wants to remove members.
type PendingShrink struct {
	Members  []int32
	Removing []int32
}

// Committed returns the ISR.
func (s CommittedISR) Committed() []int32 { return s.Members }

// Maximal reports membership.
func (s CommittedISR) Maximal(id int32) bool { return slices.Contains(s.Members, id) }

// MaximalSize returns the size of the ISR.
func (s CommittedISR) MaximalSize() int { return len(s.Members) }

// Committed leaves the new member out. It does not count for min.insync.replicas yet.
func (s PendingExpand) Committed() []int32 { return s.Members }

// Maximal includes the new member.
func (s PendingExpand) Maximal(id int32) bool {
	return id == s.Adding || slices.Contains(s.Members, id)
}

// MaximalSize counts the new member.
func (s PendingExpand) MaximalSize() int { return len(s.Members) + 1 }

// Committed keeps the members that are to leave. They can still be elected.
func (s PendingShrink) Committed() []int32 { return s.Members }

// Maximal keeps the members that are to leave.
func (s PendingShrink) Maximal(id int32) bool { return slices.Contains(s.Members, id) }

// MaximalSize counts the members that are to leave.
func (s PendingShrink) MaximalSize() int { return len(s.Members) }
