"""Events at which guests are captured at a kiosk, and see their pictures develop on their own phones."""
