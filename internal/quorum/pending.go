package quorum

type engine struct{}

func (e *engine) subscribe(p Publisher) { panic("pending") }

// Open reads the metadata log; Start runs it.
func Open(o Options) (*Controller, error) { panic("pending") }

// Start starts the driver's goroutine.
func (c *Controller) Start() { panic("pending") }

// Close stops the driver and closes the log. Requests not yet answered are answered NOT_CONTROLLER.
func (c *Controller) Close() error { panic("pending") }
