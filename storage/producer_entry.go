package storage

type producerEntry struct{}

type txnSpan struct{ producerID, first, last int64 }

type stagedProducer struct{}
