package consumer

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
)

// isFatal: Kafka's consumer ends on what the user is not allowed to do, on a name that no topic can have, and on a
// group that does not fit; an unknown topic or partition may still come.
func isFatal(err error) bool {
	for _, f := range []error{
		kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.InvalidTopicException,
		kerr.InvalidGroupID, kerr.InconsistentGroupProtocol, kerr.UnsupportedVersion, kerr.FencedInstanceID, kerr.GroupMaxSizeReached,
	} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}
